// Shows on a commit that is offered to an App's branch what a push of it would do. It is over when the commit shows it.
import { upsertSearchAttributes } from '@temporalio/workflow'
import type { ForeseeInput } from '../domain/foresight.ts'
import { telling } from './activities.ts'
import { searchAttributes } from './search-attributes.ts'

export async function foresee(input: ForeseeInput): Promise<void> {
  const { app, sha } = input
  upsertSearchAttributes([
    { key: searchAttributes.app, value: `${app.namespace}/${app.name}` },
    { key: searchAttributes.sha, value: sha },
  ])
  await telling.showPlan(input)
}
