import { Button, Container, Stack } from "@mantine/core"
import type { ErrorComponentProps } from "@tanstack/react-router"
import { ErrorState } from "@/components/error-state"
import { VersionNotice } from "./version-notice"

const LOST_CHUNK = /dynamically imported module|module script failed|Failed to fetch/i

/** A page that could not be drawn. A chunk of an older build is gone after an upgrade: say so, don't loop. */
export function Broken({ error, reset }: ErrorComponentProps) {
  const isLostChunk = error instanceof Error && LOST_CHUNK.test(error.message)
  return (
    <Container size="sm" py="xl">
      {isLostChunk ? (
        <VersionNotice />
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
