// Builds the pages from client/ into dist/pages, where the server finds them. Works under the server's CSP: nothing inline.
import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vite'

const at = (path: string) => fileURLToPath(new URL(path, import.meta.url))

export default defineConfig({
  root: at('client'),
  publicDir: at('client/public'),
  build: {
    outDir: at('dist/pages'),
    emptyOutDir: true,
    target: 'es2022',
    // Its polyfill is for browsers older than the target.
    modulePreload: { polyfill: false },
    rollupOptions: {
      input: { index: at('client/index.html'), captures: at('client/captures.html') },
    },
  },
})
