import { Skeleton, Stack } from "@mantine/core"

/** The outline of a page while its code arrives. */
export function Pending() {
  return (
    <Stack gap="md" role="status" aria-busy aria-label="Loading">
      <Skeleton height={28} width={220} />
      <Skeleton height={110} />
      <Skeleton height={320} />
    </Stack>
  )
}
