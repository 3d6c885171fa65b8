%% Casts to a gen_server, with credit: from one process, or from 100. Every so many casts one says who sent it, and is answered
%% by as many more: the server grants after handling as many, and has nothing to count.
%% Source of the rule: RabbitMQ's credit_flow, {InitialCredit, MoreCreditAfter}.
%%
%% Prints four numbers: casts sent, casts that arrived, their sum, milliseconds.
-module(casts).
-behaviour(gen_server).
-export([main/1, init/1, handle_call/3, handle_cast/2]).

-define(CAPACITY, 1024).

main([Senders, WarmUpMs, MeasureMs]) ->
    Self = self(),
    %% A process of its own: the one that runs main traps exits, and would have those of the senders in its mailbox.
    spawn(fun() ->
        Measured = measured(list_to_integer(Senders), list_to_integer(WarmUpMs), list_to_integer(MeasureMs)),
        Self ! {measured, Measured}
    end),
    receive
        {measured, {Casts, Count, Sum, Ms}} -> io:format("~w ~w ~w ~w~n", [Casts, Count, Sum, Ms])
    end,
    halt().

measured(Senders, WarmUpMs, MeasureMs) ->
    Rate = warm_up(Senders, 4096, 0, WarmUpMs),
    Casts = ceil(Rate * MeasureMs),
    {Count, Sum, Ms} = pass(Senders, Casts),
    {Casts, Count, Sum, Ms}.

%% Passes of growing length; gives casts a millisecond of the last one.
warm_up(Senders, Casts, WarmedMs, WarmUpMs) ->
    {Casts, _, Ms} = pass(Senders, Casts),
    Warmed = WarmedMs + Ms,
    if
        Warmed >= WarmUpMs -> Casts / Ms;
        Ms < WarmUpMs / 4 -> warm_up(Senders, Casts * 2, Warmed, WarmUpMs);
        true -> warm_up(Senders, Casts, Warmed, WarmUpMs)
    end.

pass(Senders, Casts) ->
    {ok, Server} = gen_server:start_link(?MODULE, {self(), Casts, 0, 0}, [{spawn_opt, [{message_queue_data, off_heap}]}]),
    Grant = ?CAPACITY div Senders div 2,
    Start = erlang:monotonic_time(nanosecond),
    [spawn_link(fun() -> sender(Server, 2 * Grant, Grant, 1, Index, Senders, Casts) end) || Index <- lists:seq(0, Senders - 1)],
    receive
        {arrived, Count, Sum} ->
            Ms = (erlang:monotonic_time(nanosecond) - Start) / 1.0e6,
            gen_server:stop(Server),
            {Count, Sum, Ms}
    end.

%% Nobody shares a counter here: sender N of 100 sends the messages N, N + 100, N + 200 and so on.
sender(_Server, _Credit, _Grant, _Made, Index, _Senders, Casts) when Index >= Casts ->
    done;
sender(Server, 0, Grant, Made, Index, Senders, Casts) ->
    receive
        {credit, More} -> sender(Server, More, Grant, Made, Index, Senders, Casts)
    end;
sender(Server, Credit, Grant, Grant, Index, Senders, Casts) ->
    gen_server:cast(Server, {add, Index band 1023, self(), Grant}),
    sender(Server, Credit - 1, Grant, 1, Index + Senders, Senders, Casts);
sender(Server, Credit, Grant, Made, Index, Senders, Casts) ->
    gen_server:cast(Server, {add, Index band 1023}),
    sender(Server, Credit - 1, Grant, Made + 1, Index + Senders, Senders, Casts).

init(State) ->
    {ok, State}.

handle_cast({add, Number}, State) ->
    {noreply, added(Number, State)};
handle_cast({add, Number, Sender, Grant}, State) ->
    Sender ! {credit, Grant},
    {noreply, added(Number, State)}.

added(Number, {Driver, Casts, Count, Sum}) when Count + 1 =:= Casts ->
    Driver ! {arrived, Count + 1, Sum + Number},
    {Driver, Casts, Count + 1, Sum + Number};
added(Number, {Driver, Casts, Count, Sum}) ->
    {Driver, Casts, Count + 1, Sum + Number}.

handle_call(_Request, _From, State) ->
    {reply, ok, State}.
