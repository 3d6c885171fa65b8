%% One process sends to many, to one after the other, at most ?AT_ONCE messages on the way. The processes exist before; each
%% adds up what it gets and tells after it how often it was sent to, so that nothing counts that has not arrived.
%%
%% Prints three numbers: messages that arrived, their sum, milliseconds.
-module(population).
-export([main/1]).

-define(AT_ONCE, 640).

main([Processes, Messages, WarmUpMs]) ->
    %% A process of its own: the one that runs main traps exits, and would have theirs in its mailbox.
    Self = self(),
    spawn(fun() ->
        warm_up(0, list_to_integer(WarmUpMs)),
        Self ! {measured, pass(list_to_integer(Processes), list_to_integer(Messages))}
    end),
    receive
        {measured, {Count, Sum, Ms}} -> io:format("~w ~w ~w~n", [Count, Sum, Ms])
    end,
    halt().

warm_up(WarmedMs, WarmUpMs) when WarmedMs >= WarmUpMs ->
    done;
warm_up(WarmedMs, WarmUpMs) ->
    {_, _, Ms} = pass(1000, 64000),
    warm_up(WarmedMs + Ms, WarmUpMs).

pass(Count, Messages) ->
    Driver = self(),
    Processes = [spawn(fun() -> actor(Driver, 0, 0) end) || _ <- lists:seq(1, Count)],
    Start = erlang:monotonic_time(nanosecond),
    send(Processes, Processes, 0, Messages),
    Ms = (erlang:monotonic_time(nanosecond) - Start) / 1.0e6,
    {Arrived, Sum} = lists:foldl(fun(Process, Totals) -> total(Process, Totals) end, {0, 0}, Processes),
    {Arrived, Sum, Ms}.

send(_Processes, _All, Messages, Messages) ->
    handled(Messages rem ?AT_ONCE);
send([], All, Sent, Messages) ->
    send(All, All, Sent, Messages);
send([Process | Rest], All, Sent, Messages) ->
    Process ! {number, Sent band 1023},
    Next = Sent + 1,
    case Next rem ?AT_ONCE of
        0 -> handled(?AT_ONCE);
        _ -> on_the_way
    end,
    send(Rest, All, Next, Messages).

%% Each message is answered: that is how the sender hears that there is room.
handled(0) ->
    ok;
handled(Left) ->
    receive
        done -> handled(Left - 1)
    end.

actor(Driver, Count, Sum) ->
    receive
        {number, Number} ->
            Driver ! done,
            actor(Driver, Count + 1, Sum + Number);
        total ->
            Driver ! {total, Count, Sum}
    end.

total(Process, {Count, Sum}) ->
    Process ! total,
    receive
        {total, More, Added} -> {Count + More, Sum + Added}
    end.
