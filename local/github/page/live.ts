// Shows by itself what changes on a page. While nothing does, nothing is touched: what somebody reads or is about to press stays.
import { createHash } from 'node:crypto'

/** What a browser runs: it asks for the page again and again, and takes over what became different. */
export const script = `
const later = () => setTimeout(look, 2000)
async function look() {
  try {
    const answer = await fetch(location.href)
    const page = new DOMParser().parseFromString(await answer.text(), 'text/html')
    const [shown, fresh] = [document, page].map((one) => one.querySelector('main'))
    if (answer.ok && fresh.innerHTML !== shown.innerHTML) shown.replaceWith(document.adoptNode(fresh))
  } catch {
    // The server is away: it is asked again.
  }
  later()
}
later()
`

/** A page allows this script and no other. */
export const scriptSum = `sha256-${createHash('sha256').update(script).digest('base64')}`
