export { type ReadVsa, readVsa } from '../trust/predicates/vsa.ts';
