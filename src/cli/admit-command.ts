import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { PratiqueError } from '../errors.ts';
import type { Command } from './main.ts';

void readFile;
void resolve;
void PratiqueError;
export const admitCommand = {} as Command;
