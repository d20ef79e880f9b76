// The sweep, for those who need not wait for its minute.
import { setTimeout as sleep } from 'node:timers/promises'
import { Client, Connection } from '@temporalio/client'
import { lab } from './lab.ts'

/** So many sweeps that begin from now on, and have ended when this returns. */
export async function sweeps(count: number): Promise<void> {
  const connection = await Connection.connect({ address: lab.addresses.temporal, connectTimeout: 10_000 })
  const schedule = new Client({ connection }).schedule.getHandle('sweep')
  try {
    const before = (await schedule.describe()).info.numActionsTaken
    for (let done = 0; done < count; done += 1) {
      await schedule.trigger('BUFFER_ONE')
      let { info } = await schedule.describe()
      while (info.numActionsTaken < before + done + 1 || info.runningActions.length > 0) {
        await sleep(200)
        info = (await schedule.describe()).info
      }
    }
  } finally {
    await connection.close()
  }
}
