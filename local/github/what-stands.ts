// What stands on commits, as the API shows it: for a test to look at, past all limits.
import { checkRunShown } from './checks.ts'
import { commitStatusShown, deploymentShown, statusShown } from './deployments.ts'
import { type CheckRun, type Json, type Repository, repositoryNamed, type State } from './state.ts'

/** Oldest first. */
export interface WhatStands {
  /** On one commit, or on all of them; with their buttons. */
  readonly checkRuns: (fullName: string, sha?: string) => readonly Json[]
  readonly annotations: (fullName: string, checkRun: number) => readonly Json[]
  /** With their statuses. */
  readonly deployments: (fullName: string) => readonly Json[]
  readonly statuses: (fullName: string, sha: string) => readonly Json[]
}

export function whatStands(state: State): WhatStands {
  return {
    checkRuns: (fullName, sha) => {
      const repository = repositoryIn(state, fullName)
      const runs = repository.checkRuns.filter((one) => sha === undefined || one.sha === sha)
      return runs.map((one) => ({ ...checkRunShown(state, repository, one), actions: one.actions }))
    },
    annotations: (fullName, id) =>
      repositoryIn(state, fullName).checkRuns.find((one) => one.id === id)?.annotations ?? [],
    deployments: (fullName) => {
      const repository = repositoryIn(state, fullName)
      return repository.deployments.map((one) => ({
        ...deploymentShown(state, repository, one),
        statuses: one.statuses.map(statusShown(state, repository, one)),
      }))
    },
    statuses: (fullName, sha) => {
      const repository = repositoryIn(state, fullName)
      const ofCommit = repository.statuses.filter((one) => one.sha === sha)
      return ofCommit.map((one) => commitStatusShown(state, repository, one))
    },
  }
}

export function repositoryIn(state: State, fullName: string): Repository {
  const repository = repositoryNamed(state, fullName)
  if (!repository) throw new Error(`the local GitHub has no repository ${fullName}; create it first`)
  return repository
}

export function checkRunIn(state: State, id: number): [Repository, CheckRun] {
  for (const repository of state.repositories) {
    const checkRun = repository.checkRuns.find((one) => one.id === id)
    if (checkRun) return [repository, checkRun]
  }
  throw new Error(`the local GitHub has no check run ${id}; see checkRuns() for those there are`)
}
