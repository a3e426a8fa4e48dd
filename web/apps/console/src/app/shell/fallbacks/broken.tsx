import { Alert, Button, Container, Stack, Text } from "@mantine/core"
import type { ErrorComponentProps } from "@tanstack/react-router"
import { CircleAlert } from "lucide-react"
import { useEffect, useRef } from "react"
import { ErrorState } from "@/components/states/error-state"
import { useFeedStatus } from "@/lib/live"
import { LostPart } from "../../lost-part"
import { VersionNotice } from "../version/version-notice"

/** A page that could not be drawn: its code did not come, or is at fault. */
export function Broken({ error, reset }: ErrorComponentProps) {
  return (
    <Container size="sm" py="xl">
      {error instanceof LostPart ? (
        <LostPage />
      ) : (
        <Stack>
          <ErrorState error={error} what="This page" retry={reset} />
          <Button component="a" href="/" variant="subtle" w="fit-content">
            Go to Home
          </Button>
        </Stack>
      )}
    </Container>
  )
}

/** The server is away: the page is loaded when it answers again. Otherwise its code belongs to an older version. */
function LostPage() {
  const { link } = useFeedStatus()
  const wasAway = useRef(false)
  useEffect(() => {
    if (link === "lost") wasAway.current = true
    if (link === "open" && wasAway.current) window.location.reload()
  }, [link])
  if (link !== "lost" && !wasAway.current) return <VersionNotice />
  return (
    <Alert
      color="red"
      variant="light"
      icon={<CircleAlert size={18} />}
      title="The server cannot be reached"
      role="alert"
    >
      <Text size="sm">
        This page is loaded by itself as soon as the server answers. Is TraderTape still running?
      </Text>
    </Alert>
  )
}
