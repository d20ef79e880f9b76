// What the SDK's workflow runtime and a server say to each other, named after the SDK's own types.
import { defaultPayloadConverter } from '@temporalio/common'
import { msNumberToTs, optionalTsToMs } from '@temporalio/common/lib/time.js'
import type { Workflow } from '@temporalio/worker/lib/workflow/interface.js'

export type Runtime = Workflow
export type Activation = Parameters<Runtime['activate']>[0]
export type Job = NonNullable<Activation['jobs']>[number]
type Completion = Awaited<ReturnType<Runtime['activate']>>
export type Command = NonNullable<NonNullable<Completion['successful']>['commands']>[number]
export type Failure = NonNullable<NonNullable<Completion['failed']>['failure']>
export type Payload = NonNullable<NonNullable<NonNullable<Job['queryWorkflow']>['arguments']>[number]>

export const { toPayload, fromPayload } = defaultPayloadConverter

export const payloads = (values: readonly unknown[]): Payload[] =>
  values.map((value) => defaultPayloadConverter.toPayload(value) as Payload)

export const decoded = (payload: Payload | null | undefined): unknown =>
  payload ? defaultPayloadConverter.fromPayload(payload) : undefined

export const time = msNumberToTs
export const milliseconds = optionalTsToMs
