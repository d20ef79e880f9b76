// The search attributes by which workflows are listed. The worker registers them before it polls: an unknown one wedges a workflow.
import { defineSearchAttributeKey } from '@temporalio/common'

export const searchAttributes = {
  /** `default/shop`. */
  app: defineSearchAttributeKey('SlipwayApp', 'KEYWORD'),
  phase: defineSearchAttributeKey('SlipwayPhase', 'KEYWORD'),
  outcome: defineSearchAttributeKey('SlipwayOutcome', 'KEYWORD'),
  sha: defineSearchAttributeKey('SlipwaySha', 'KEYWORD'),
  seq: defineSearchAttributeKey('SlipwaySeq', 'INT'),
  /** Thousandths. */
  weight: defineSearchAttributeKey('SlipwayWeight', 'INT'),
} as const
