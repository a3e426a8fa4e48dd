import { Center, Loader } from "@mantine/core"
import { useQuery } from "@tanstack/react-query"
import { RouterProvider } from "@tanstack/react-router"
import { Failed } from "@/components/problems"
import { sessionQuery } from "@/lib/queries"
import { router } from "../router"
import { PairingPage } from "./pairing-page"

/** The sections for this machine and for paired devices; the pairing page for all others. */
export function Gate() {
  const { data, error, refetch } = useQuery(sessionQuery)
  if (data) return data.is_local || data.is_paired ? <RouterProvider router={router} /> : <PairingPage />
  if (error)
    return (
      <main style={{ padding: 16 }}>
        <Failed error={error} what="The agent" retry={() => void refetch()} />
      </main>
    )
  return (
    <Center mih="100dvh">
      <Loader aria-label="Loading" />
    </Center>
  )
}
