%% gen_server:call with a timeout: by one process, one after the other, or by ?IN_FLIGHT processes at once.
%%
%% Prints four numbers: calls made, answers that came back, their sum, milliseconds.
-module(calls).
-behaviour(gen_server).
-export([main/1, init/1, handle_call/3, handle_cast/2]).

-define(IN_FLIGHT, 1000).
-define(TIMEOUT_MS, 5000).

main([Mode, WarmUpMs, MeasureMs]) ->
    Self = self(),
    Callers = case Mode of "one" -> 1; "many" -> ?IN_FLIGHT end,
    %% A process of its own: the one that runs main traps exits, and would have those of the callers in its mailbox.
    spawn(fun() -> Self ! {measured, measured(Callers, list_to_integer(WarmUpMs), list_to_integer(MeasureMs))} end),
    receive
        {measured, {Calls, Count, Sum, Ms}} -> io:format("~w ~w ~w ~w~n", [Calls, Count, Sum, Ms])
    end,
    halt().

measured(Callers, WarmUpMs, MeasureMs) ->
    Rate = warm_up(Callers, 4096, 0, WarmUpMs),
    Calls = ceil(Rate * MeasureMs),
    {Count, Sum, Ms} = pass(Callers, Calls),
    {Calls, Count, Sum, Ms}.

%% Passes of growing length; gives calls a millisecond of the last one.
warm_up(Callers, Calls, WarmedMs, WarmUpMs) ->
    {Calls, _, Ms} = pass(Callers, Calls),
    Warmed = WarmedMs + Ms,
    if
        Warmed >= WarmUpMs -> Calls / Ms;
        Ms < WarmUpMs / 4 -> warm_up(Callers, Calls * 2, Warmed, WarmUpMs);
        true -> warm_up(Callers, Calls, Warmed, WarmUpMs)
    end.

pass(Callers, Calls) ->
    {ok, Server} = gen_server:start_link(?MODULE, [], []),
    Driver = self(),
    Start = erlang:monotonic_time(nanosecond),
    [spawn_link(fun() -> caller(Driver, Server, Index, Callers, Calls, 0, 0) end) || Index <- lists:seq(0, Callers - 1)],
    {Count, Sum} = answers(Callers, 0, 0),
    Ms = (erlang:monotonic_time(nanosecond) - Start) / 1.0e6,
    gen_server:stop(Server),
    {Count, Sum, Ms}.

answers(0, Count, Sum) ->
    {Count, Sum};
answers(Callers, Count, Sum) ->
    receive
        {answers, More, Added} -> answers(Callers - 1, Count + More, Sum + Added)
    end.

%% Nobody shares a counter here: caller N of 1000 makes the calls N, N + 1000, N + 2000 and so on.
caller(Driver, _Server, Index, _Callers, Calls, Count, Sum) when Index >= Calls ->
    Driver ! {answers, Count, Sum};
caller(Driver, Server, Index, Callers, Calls, Count, Sum) ->
    Answer = gen_server:call(Server, {ask, Index band 1023}, ?TIMEOUT_MS),
    caller(Driver, Server, Index + Callers, Callers, Calls, Count + 1, Sum + Answer).

init([]) ->
    {ok, none}.

handle_call({ask, Number}, _From, State) ->
    {reply, Number + 1, State}.

handle_cast(_Message, State) ->
    {noreply, State}.
