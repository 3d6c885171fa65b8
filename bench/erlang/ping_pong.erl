%% Two that send one number back and forth, each adding one: plain processes, or gen_servers by cast.
%%
%% Prints four numbers: round trips asked for, how many came back, the sum of the numbers that did, milliseconds.
-module(ping_pong).
-behaviour(gen_server).
-export([main/1, init/1, handle_call/3, handle_cast/2]).

main([Mode, WarmUpMs, MeasureMs]) ->
    Start = case Mode of "processes" -> fun processes/2; "servers" -> fun servers/2 end,
    Rate = warm_up(Start, 4096, 0, list_to_integer(WarmUpMs)),
    Trips = ceil(Rate * list_to_integer(MeasureMs)),
    {Count, Sum, Ms} = pass(Start, Trips),
    io:format("~w ~w ~w ~w~n", [Trips, Count, Sum, Ms]),
    halt().

%% Passes of growing length; gives round trips a millisecond of the last one.
warm_up(Start, Trips, WarmedMs, WarmUpMs) ->
    {Trips, _, Ms} = pass(Start, Trips),
    Warmed = WarmedMs + Ms,
    if
        Warmed >= WarmUpMs -> Trips / Ms;
        Ms < WarmUpMs / 4 -> warm_up(Start, Trips * 2, Warmed, WarmUpMs);
        true -> warm_up(Start, Trips, Warmed, WarmUpMs)
    end.

pass(Start, Trips) ->
    StartedAt = erlang:monotonic_time(nanosecond),
    Stop = Start(self(), Trips),
    receive
        {back, Count, Sum} ->
            Ms = (erlang:monotonic_time(nanosecond) - StartedAt) / 1.0e6,
            Stop(),
            {Count, Sum, Ms}
    end.

processes(Driver, Trips) ->
    Pong = spawn_link(fun() -> pong() end),
    spawn_link(fun() -> Pong ! {self(), 0}, ping(Driver, Pong, Trips, 0, 0) end),
    fun() -> Pong ! stop end.

pong() ->
    receive
        {From, Number} -> From ! (Number + 1), pong();
        stop -> done
    end.

ping(Driver, Pong, Trips, Count, Sum) ->
    receive
        Number when Count + 1 =:= Trips ->
            Driver ! {back, Trips, Sum + Number};
        Number ->
            Pong ! {self(), (Count + 1) band 1023},
            ping(Driver, Pong, Trips, Count + 1, Sum + Number)
    end.

servers(Driver, Trips) ->
    {ok, Pong} = gen_server:start_link(?MODULE, pong, []),
    {ok, Ping} = gen_server:start_link(?MODULE, {ping, Driver, Pong, Trips, 0, 0}, []),
    gen_server:cast(Pong, {from, Ping, 0}),
    fun() -> gen_server:stop(Ping), gen_server:stop(Pong) end.

init(State) ->
    {ok, State}.

handle_cast({from, From, Number}, pong) ->
    gen_server:cast(From, {back, Number + 1}),
    {noreply, pong};
handle_cast({back, Number}, {ping, Driver, Pong, Trips, Count, Sum}) when Count + 1 =:= Trips ->
    Driver ! {back, Trips, Sum + Number},
    {noreply, {ping, Driver, Pong, Trips, Count, Sum}};
handle_cast({back, Number}, {ping, Driver, Pong, Trips, Count, Sum}) ->
    gen_server:cast(Pong, {from, self(), (Count + 1) band 1023}),
    {noreply, {ping, Driver, Pong, Trips, Count + 1, Sum + Number}}.

handle_call(_Request, _From, State) ->
    {reply, ok, State}.
