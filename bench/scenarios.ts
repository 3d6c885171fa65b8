import type { Scenario } from './scenario.ts';
import { batchTurns } from './scenarios/batch-turns.ts';
import { callsInFlight, callsOneAtATime } from './scenarios/calls.ts';
import { casts } from './scenarios/casts.ts';
import { fanIn } from './scenarios/fan-in.ts';
import { idleActors } from './scenarios/idle-actors.ts';
import { keyedLanes } from './scenarios/lanes.ts';
import { pingPong } from './scenarios/ping-pong.ts';
import { pipeline } from './scenarios/pipeline.ts';
import { population } from './scenarios/population.ts';
import { restartLatency } from './scenarios/restart-latency.ts';
import { state } from './scenarios/state.ts';
import { supervisedChildren } from './scenarios/supervised-children.ts';
import { tables } from './scenarios/table.ts';

/** Every scenario, in the order of the report. */
export const SCENARIOS: readonly Scenario[] = [
  pipeline,
  batchTurns,
  fanIn,
  keyedLanes,
  casts,
  pingPong,
  callsOneAtATime,
  callsInFlight,
  state,
  tables,
  restartLatency,
  supervisedChildren,
  idleActors,
  population,
];
