%% Three processes joined by credit: a sender may have at most ?CAPACITY messages on the way, and the receiver grants
%% ?GRANT more each time it has handled that many. Granting one by one would double the number of messages.
%% Source of the rule: RabbitMQ's credit_flow, {InitialCredit, MoreCreditAfter}.
%%
%% Prints four numbers: messages sent, messages that arrived, their sum, milliseconds.
-module(credits).
-export([main/1]).

-define(CAPACITY, 64).
-define(GRANT, 32).

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
    Sink = spawn_link(fun() -> sink_start(Driver) end),
    Middle = spawn_link(fun() -> middle_start(Sink) end),
    spawn_link(fun() -> Middle ! {from, self()}, source(Middle, ?CAPACITY, 0, Messages) end),
    receive
        {arrived, Count, Sum} -> {Count, Sum, (erlang:monotonic_time(nanosecond) - Start) / 1.0e6}
    end.

source(Middle, _Credit, Messages, Messages) ->
    Middle ! done;
source(Middle, 0, Sent, Messages) ->
    receive
        {credit, More} -> source(Middle, More, Sent, Messages)
    end;
source(Middle, Credit, Sent, Messages) ->
    Middle ! (Sent band 1023),
    source(Middle, Credit - 1, Sent + 1, Messages).

middle_start(Sink) ->
    Sink ! {from, self()},
    receive
        {from, Source} -> middle(Source, Sink, ?CAPACITY, 0)
    end.

middle(Source, Sink, Credit, ?GRANT) ->
    Source ! {credit, ?GRANT},
    middle(Source, Sink, Credit, 0);
middle(Source, Sink, 0, Handled) ->
    receive
        {credit, More} -> middle(Source, Sink, More, Handled)
    end;
middle(Source, Sink, Credit, Handled) ->
    receive
        Message when is_integer(Message) ->
            Sink ! (Message + 1),
            middle(Source, Sink, Credit - 1, Handled + 1);
        {credit, More} ->
            middle(Source, Sink, Credit + More, Handled);
        done ->
            Sink ! done
    end.

sink_start(Driver) ->
    receive
        {from, Middle} -> sink(Driver, Middle, 0, 0, 0)
    end.

sink(Driver, Middle, ?GRANT, Count, Sum) ->
    Middle ! {credit, ?GRANT},
    sink(Driver, Middle, 0, Count, Sum);
sink(Driver, Middle, Handled, Count, Sum) ->
    receive
        Message when is_integer(Message) ->
            sink(Driver, Middle, Handled + 1, Count + 1, Sum + Message);
        done ->
            Driver ! {arrived, Count, Sum}
    end.
