%% Processes that wait for their first message.
%%
%% Prints three numbers: bytes of all of them, milliseconds to spawn them, sum of the answers they then give.
-module(idle).
-export([main/1, wait/1]).

main([Processes, Waiting, Message]) ->
    Count = list_to_integer(Processes),
    Hibernates = Waiting =:= "hibernate",
    warm_up(5, Hibernates),
    garbage_collect(),
    BytesBefore = erlang:memory(total),
    Start = erlang:monotonic_time(nanosecond),
    Pids = spawn_all(Count - 1, Hibernates, []),
    Ms = (erlang:monotonic_time(nanosecond) - Start) / 1.0e6,
    settle(),
    garbage_collect(),
    Bytes = erlang:memory(total) - BytesBefore,
    Sum = ask_all(Pids, list_to_integer(Message), 0),
    io:format("~w ~w ~w~n", [Bytes, Ms, Sum]),
    halt().

%% Spawns and ends some processes, so that the tables and the allocators are past their first steps.
warm_up(0, _Hibernates) ->
    ok;
warm_up(Passes, Hibernates) ->
    Pids = spawn_all(20000 - 1, Hibernates, []),
    lists:foreach(fun(Pid) -> exit(Pid, kill) end, Pids),
    settle(),
    warm_up(Passes - 1, Hibernates).

spawn_all(-1, _Hibernates, Pids) ->
    Pids;
spawn_all(Index, true, Pids) ->
    spawn_all(Index - 1, true, [spawn(fun() -> erlang:hibernate(?MODULE, wait, [Index]) end) | Pids]);
spawn_all(Index, false, Pids) ->
    spawn_all(Index - 1, false, [spawn(?MODULE, wait, [Index]) | Pids]).

%% Waits until every process has run into its receive.
settle() ->
    case erlang:statistics(total_run_queue_lengths) of
        0 -> ok;
        _ -> erlang:yield(), settle()
    end.

wait(Index) ->
    receive
        {From, Message} -> From ! (Index + Message), wait(Index)
    end.

ask_all([], _Message, Sum) ->
    Sum;
ask_all([Pid | Pids], Message, Sum) ->
    Pid ! {self(), Message},
    receive
        Answer -> ask_all(Pids, Message, Sum + Answer)
    end.
