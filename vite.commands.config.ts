// Puts the modules of the commands that read captures together, after tsc has compiled them one by one: loading eighty small files
// took longer than analysing a capture of a few megabytes.
import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vite'

const at = (path: string) => fileURLToPath(new URL(path, import.meta.url))

export default defineConfig({
  publicDir: false,
  build: {
    ssr: true,
    outDir: at('dist/captures/command'),
    emptyOutDir: false,
    target: 'node20',
    rollupOptions: {
      input: {
        explain: at('captures/command/explain.ts'),
        compare: at('captures/command/compare.ts'),
        trim: at('captures/command/trim.ts'),
      },
      output: { entryFileNames: '[name].js', chunkFileNames: 'shared-[name].js' },
    },
  },
})
