// How the page is built: static files with their content in their names, and nothing that its content security policy forbids.
import { defineConfig } from 'vite'

export default defineConfig({
  build: {
    outDir: '../dist/dashboard',
    emptyOutDir: true,
    assetsInlineLimit: 0,
    modulePreload: false,
  },
})
