%% A gen_server that crashes under a one_for_one supervisor. Each time runs from just before the error to the first
%% message that the next child handles, which it sends itself in init, so it cannot be handled before the child is up.
%%
%% Prints the times in nanoseconds.
-module(restarts).
%% init/1 serves the supervisor too; naming both behaviours would make the compiler warn of just that.
-behaviour(gen_server).
-export([main/1, init/1, start_child/1, handle_call/3, handle_cast/2, handle_info/2]).

%% A supervisor walks the list of all restarts within its period at every restart. A new supervisor after this many
%% keeps that list as short as it is in a system that is not on fire.
-define(RESTARTS_EACH, 20).

main([Samples]) ->
    Wanted = list_to_integer(Samples),
    _ = sample(Wanted, []),
    lists:foreach(fun(Ns) -> io:format("~w ", [Ns]) end, sample(Wanted, [])),
    io:nl(),
    halt().

sample(0, Times) ->
    Times;
sample(Wanted, Times) ->
    {ok, Supervisor} = supervisor:start_link(?MODULE, {supervisor, self()}),
    {Child, _} = ready(),
    Restarts = min(Wanted, ?RESTARTS_EACH),
    More = crash(Child, Restarts, Times),
    unlink(Supervisor),
    Monitor = monitor(process, Supervisor),
    exit(Supervisor, shutdown),
    receive
        {'DOWN', Monitor, process, Supervisor, _} -> sample(Wanted - Restarts, More)
    end.

crash(_Child, 0, Times) ->
    Times;
crash(Child, Restarts, Times) ->
    gen_server:cast(Child, crash),
    Crashed =
        receive
            {crashed, At} -> At
        end,
    {Next, Ready} = ready(),
    crash(Next, Restarts - 1, [Ready - Crashed | Times]).

ready() ->
    receive
        {ready, Child, At} -> {Child, At}
    end.

start_child(Driver) ->
    gen_server:start_link(?MODULE, {child, Driver}, []).

init({supervisor, Driver}) ->
    Child = #{id => child, start => {?MODULE, start_child, [Driver]}, restart => permanent},
    {ok, {#{strategy => one_for_one, intensity => 1000, period => 1}, [Child]}};
init({child, Driver}) ->
    self() ! first,
    {ok, Driver}.

handle_info(first, Driver) ->
    Driver ! {ready, self(), erlang:monotonic_time(nanosecond)},
    {noreply, Driver}.

handle_cast(crash, Driver) ->
    Driver ! {crashed, erlang:monotonic_time(nanosecond)},
    error(crash).

handle_call(_Request, _From, Driver) ->
    {reply, ok, Driver}.
