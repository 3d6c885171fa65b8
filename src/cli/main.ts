#!/usr/bin/env node
import process from 'node:process';
import { runCommandLine } from './command-line.ts';

// The status is set, not the process ended: what was written is on its way out, and nothing else keeps the process alive.
process.exitCode = await runCommandLine(process.argv.slice(2));
