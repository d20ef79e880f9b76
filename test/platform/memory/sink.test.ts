// The memory sink keeps the contract that the real one keeps.
import { memorySink, sinkWorld } from '../../../platform/memory/sink.ts'
import { sinkContract } from '../../contract/sink.ts'

sinkContract('memory', async () => {
  const world = sinkWorld()
  return {
    sink: memorySink(world),
    next: (answer) => void world.answers.push(answer),
    taken: () => [...world.taken.values()],
    close: async () => undefined,
  }
})
