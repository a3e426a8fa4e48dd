import { fileURLToPath } from "node:url"
import react from "@vitejs/plugin-react"
import { defineConfig } from "vite"
import { wholeAppBudget } from "./whole-app.ts"

const agent = process.env.TRADERTAPE_AGENT ?? "http://localhost:5679"

export default defineConfig({
  plugins: [react(), wholeAppBudget()],
  resolve: { alias: { "@": fileURLToPath(new URL("./src", import.meta.url)) } },
  publicDir: fileURLToPath(new URL("../../packages/ui/public", import.meta.url)),
  server: { port: 18779, proxy: { "/api": { target: agent, changeOrigin: true } } },
  build: { target: "es2022", reportCompressedSize: false, chunkSizeWarningLimit: 900 },
})
