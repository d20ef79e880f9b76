// A new or changed App is looked at once: its workflow starts, reads the branch's head and does what is to be done. That of one that is
// deleted ends, which is all that is left to do.
import { type AppRef, appKey } from '../domain/app.ts'
import type { Apps } from './apps.ts'
import { noCommit, type Sources } from './sources.ts'

/** Returns a function that looks at the App of this key, unless this process has done so for its generation. */
export function appLooks(apps: Apps, sources: Pick<Sources, 'lookAgain' | 'gone'>) {
  const looked = new Map<string, string>()
  return async (key: string): Promise<void> => {
    const [namespace = '', name = ''] = key.split('/')
    const declared = apps.get(namespace, name)
    if (!declared?.source) {
      if (!declared && looked.has(key)) await sources.gone({ namespace, name })
      looked.delete(key)
      return
    }
    const seen = `${declared.uid}/${declared.generation}`
    if (looked.get(key) === seen) return
    const ref = `refs/heads/${declared.source.branch}`
    const delivery = `app-${declared.uid}-${declared.generation}`
    await sources.lookAgain(declared.app, { ref, after: noCommit, delivery })
    looked.set(key, seen)
  }
}

export const objectKey = (object: { readonly metadata: AppRef }): string => appKey(object.metadata)
