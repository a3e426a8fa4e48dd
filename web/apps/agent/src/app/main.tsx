import "@mantine/core/styles.css"
import "@mantine/notifications/styles.css"
import "@fontsource-variable/inter"
import "@tradertape/ui/tokens.css"
import "@tradertape/ui/global.css"
import "./touch.css"
import { StrictMode } from "react"
import { createRoot } from "react-dom/client"
import { applyPreferences } from "@/lib/preferences"
import { Providers } from "./providers"

applyPreferences()

const root = document.getElementById("root")
if (root) {
  createRoot(root).render(
    <StrictMode>
      <Providers />
    </StrictMode>,
  )
}
