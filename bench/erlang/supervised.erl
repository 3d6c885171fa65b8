%% Children of one template under a simple_one_for_one supervisor: all are started, one in a hundred crashes and handles a
%% message in its next life, all are stopped.
%%
%% Prints four numbers: milliseconds to start, bytes that the children take, milliseconds for the crashes, milliseconds to stop.
-module(supervised).
%% init/1 serves the supervisor too; naming both behaviours would make the compiler warn of just that.
-behaviour(gen_server).
-export([main/1, init/1, start_child/1, handle_call/3, handle_cast/2, handle_info/2]).

-define(CRASH_EVERY, 100).
-define(WARM_UP, 5000).

main([Children]) ->
    Self = self(),
    %% A process of its own: the one that runs main traps exits, and would have those of the supervisors in its mailbox.
    spawn(fun() ->
        _ = pass(?WARM_UP),
        Self ! {measured, pass(list_to_integer(Children))}
    end),
    receive
        {measured, {StartMs, Bytes, CrashMs, StopMs}} -> io:format("~w ~w ~w ~w~n", [StartMs, Bytes, CrashMs, StopMs])
    end,
    halt().

pass(Count) ->
    process_flag(trap_exit, true),
    {ok, Supervisor} = supervisor:start_link(?MODULE, supervisor),
    Before = erlang:memory(total),
    {StartMs, Pids} = timed(fun() ->
        [begin {ok, Pid} = supervisor:start_child(Supervisor, [self()]), Pid end || _ <- lists:seq(1, Count)]
    end),
    Bytes = erlang:memory(total) - Before,
    ready(Count),
    Crashing = every(Pids, 0),
    {CrashMs, _} = timed(fun() ->
        [gen_server:cast(Pid, crash) || Pid <- Crashing],
        ready(length(Crashing))
    end),
    {StopMs, _} = timed(fun() ->
        Monitor = monitor(process, Supervisor),
        exit(Supervisor, shutdown),
        receive
            {'DOWN', Monitor, process, Supervisor, _} -> ok
        end
    end),
    {StartMs, Bytes, CrashMs, StopMs}.

every([], _) -> [];
every([Pid | Rest], 0) -> [Pid | every(Rest, ?CRASH_EVERY - 1)];
every([_ | Rest], Left) -> every(Rest, Left - 1).

timed(Work) ->
    Start = erlang:monotonic_time(nanosecond),
    Result = Work(),
    {(erlang:monotonic_time(nanosecond) - Start) / 1.0e6, Result}.

ready(0) -> ok;
ready(Left) ->
    receive
        ready -> ready(Left - 1)
    end.

start_child(Driver) ->
    gen_server:start_link(?MODULE, {child, Driver}, []).

init(supervisor) ->
    Child = #{id => child, start => {?MODULE, start_child, []}, restart => permanent},
    {ok, {#{strategy => simple_one_for_one, intensity => 10000000, period => 1}, [Child]}};
init({child, Driver}) ->
    %% The first message of each life, which it sends itself: nobody else knows when it is up.
    self() ! first,
    {ok, Driver}.

handle_info(first, Driver) ->
    Driver ! ready,
    {noreply, Driver}.

handle_cast(crash, _Driver) ->
    error(crash).

handle_call(_Request, _From, Driver) ->
    {reply, ok, Driver}.
