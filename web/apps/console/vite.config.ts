import { fileURLToPath } from "node:url"
import react from "@vitejs/plugin-react"
import { defineConfig } from "vite"
import { firstLoadBudget } from "./first-load"

const server = process.env.TRADERTAPE_SERVER ?? "http://localhost:18777"

export default defineConfig({
  plugins: [react(), firstLoadBudget()],
  resolve: { alias: { "@": fileURLToPath(new URL("./src", import.meta.url)) } },
  publicDir: fileURLToPath(new URL("../../packages/ui/public", import.meta.url)),
  define: { __BUILD_ID__: JSON.stringify(process.env.TRADERTAPE_BUILD_ID ?? Date.now().toString(36)) },
  server: { port: 18778, proxy: { "/api": { target: server, changeOrigin: false, ws: true } } },
  build: { target: "es2022", reportCompressedSize: false, chunkSizeWarningLimit: 700 },
})
