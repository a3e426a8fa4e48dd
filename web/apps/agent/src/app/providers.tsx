import { MantineProvider } from "@mantine/core"
import { Notifications } from "@mantine/notifications"
import { QueryClientProvider } from "@tanstack/react-query"
import { cssVariables, theme } from "@tradertape/ui/theme.ts"
import { Gate } from "./pairing/gate"
import { queryClient } from "./query-client"

export function Providers() {
  return (
    <MantineProvider theme={theme} cssVariablesResolver={cssVariables} defaultColorScheme="auto">
      <QueryClientProvider client={queryClient}>
        <Notifications position="bottom-right" limit={3} />
        <Gate />
      </QueryClientProvider>
    </MantineProvider>
  )
}
