%% 100 processes that send to one, with credit: each may have ?CREDIT messages on the way. Every ?GRANT-th message says who
%% sent it, and is answered by ?GRANT more: the consumer grants after handling as many, and has nothing to count.
%% Source of the rule: RabbitMQ's credit_flow, {InitialCredit, MoreCreditAfter}.
%%
%% Prints four numbers: messages sent, messages that arrived, their sum, milliseconds.
-module(fan_in).
-export([main/1]).

-define(PRODUCERS, 100).
-define(CREDIT, 10).
-define(GRANT, 5).

main([WarmUpMs, MeasureMs]) ->
    Rate = warm_up(4096, 0, list_to_integer(WarmUpMs)),
    Messages = ceil(Rate * list_to_integer(MeasureMs)),
    {Count, Sum, Ms} = pass(Messages),
    io:format("~w ~w ~w ~w~n", [Messages, Count, Sum, Ms]),
    halt().

%% Passes of growing length; gives messages a millisecond of the last one.
warm_up(Messages, WarmedMs, WarmUpMs) ->
    {Messages, _, Ms} = pass(Messages),
    Warmed = WarmedMs + Ms,
    if
        Warmed >= WarmUpMs -> Messages / Ms;
        Ms < WarmUpMs / 4 -> warm_up(Messages * 2, Warmed, WarmUpMs);
        true -> warm_up(Messages, Warmed, WarmUpMs)
    end.

pass(Messages) ->
    Driver = self(),
    Start = erlang:monotonic_time(nanosecond),
    %% Not this process: it traps exits, and would have those of the producers in its mailbox. Off its heap, the many messages
    %% there are not copied by each collection.
    Options = [link, {message_queue_data, off_heap}],
    spawn_opt(fun() -> Driver ! {arrived, Messages, start(Messages)} end, Options),
    receive
        {arrived, Count, Sum} -> {Count, Sum, (erlang:monotonic_time(nanosecond) - Start) / 1.0e6}
    end.

%% Nobody shares a counter here: producer N sends the messages N, N + 100, N + 200 and so on.
start(Messages) ->
    Consumer = self(),
    [spawn_link(fun() -> producer(Consumer, ?CREDIT, 1, N, Messages) end) || N <- lists:seq(0, ?PRODUCERS - 1)],
    consumer(Messages, 0).

producer(_Consumer, _Credit, _Made, Index, Messages) when Index >= Messages ->
    done;
producer(Consumer, 0, Made, Index, Messages) ->
    receive
        {credit, More} -> producer(Consumer, More, Made, Index, Messages)
    end;
producer(Consumer, Credit, ?GRANT, Index, Messages) ->
    Consumer ! {Index band 1023, self()},
    producer(Consumer, Credit - 1, 1, Index + ?PRODUCERS, Messages);
producer(Consumer, Credit, Made, Index, Messages) ->
    Consumer ! Index band 1023,
    producer(Consumer, Credit - 1, Made + 1, Index + ?PRODUCERS, Messages).

consumer(0, Sum) ->
    Sum;
consumer(Left, Sum) ->
    receive
        Message when is_integer(Message) ->
            consumer(Left - 1, Sum + Message);
        {Message, Producer} ->
            Producer ! {credit, ?GRANT},
            consumer(Left - 1, Sum + Message)
    end.
