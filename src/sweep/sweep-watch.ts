import type { JudgedItem } from './judge-messages.ts';

/** Is told what happens while images are judged: for figures, and nothing that decides. */
export interface SweepWatch {
  /** how many images are not judged yet */
  left(count: number): void;
  judged(image: Pick<JudgedItem, 'result' | 'seconds'>): void;
  /** a registry wants to be left alone */
  paused(): void;
  /** a process that judges has died */
  died(): void;
  /** a queue has lost, refused or spoilt something */
  queueFailed(): void;
}

/** Nobody watches. */
export const NOBODY: SweepWatch = { left() {}, judged() {}, paused() {}, died() {}, queueFailed() {} };
