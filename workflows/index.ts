// Every workflow there is: what this file exports is what Temporal can start, by these names.
export { app } from './app.ts'
export { foresee } from './foresee.ts'
export { release } from './release.ts'
export { sweep } from './sweep.ts'
export { tell } from './tell.ts'
