/**
 * The books of the replayed trading desk, computed a second time in the plainest way: all prices of a symbol in an array,
 * averages over slices of it. It shares no code with examples/trading.
 */

/**
 * @param {string} text CSV with the columns symbol and price; no quotes, no bad rows.
 * @returns {Record<string, { quotes: number, position: number, cash: number, exposure: number, orders: { filled: number, refused: number } }>}
 */
export function tradingReference(text) {
  const [head, ...rows] = text.trim().split('\n').map((row) => row.split(',')); // prettier-ignore
  const [symbolAt, priceAt] = [head.indexOf('symbol'), head.indexOf('price')];
  const series = {};
  for (const row of rows) (series[row[symbolAt]] ??= []).push(Number(row[priceAt]));
  const average = (prices) => prices.reduce((sum, price) => sum + price, 0) / prices.length;

  const books = {};
  for (const [symbol, prices] of Object.entries(series)) {
    let trend = 0;
    let bought = 0;
    let [position, cents, filled, refused] = [0, 0, 0, 0];
    for (let day = 10; day <= prices.length; day += 1) {
      const price = prices[day - 1];
      const now = Math.sign(average(prices.slice(day - 3, day)) - average(prices.slice(day - 10, day))) || trend;
      const turned = trend !== 0 && now !== trend;
      trend = now;
      if (!turned) continue;
      const quantity = now > 0 ? Math.floor(10_000 / price) : bought;
      if (quantity === 0) continue;
      bought = now > 0 ? quantity : 0;
      if (quantity > 1_000 || (now < 0 && quantity > position)) {
        refused += 1;
      } else {
        position += now * quantity;
        cents -= now * Math.round(quantity * price * 100);
        filled += 1;
      }
    }
    const exposure = Math.round(position * prices.at(-1) * 100) / 100;
    books[symbol] = { quotes: prices.length, position, cash: cents / 100, exposure, orders: { filled, refused } };
  }
  return books;
}
