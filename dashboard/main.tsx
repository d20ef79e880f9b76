// The page about releases. Its address says which one; its data comes from the API, with the visitor's own token.
import { render } from 'preact'
import { Page } from './page.tsx'
import { placeOf } from './place.ts'

const root = document.getElementById('page')
if (root) render(<Page place={placeOf(window.location)} />, root)
