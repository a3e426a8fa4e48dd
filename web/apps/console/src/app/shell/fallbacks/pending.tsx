import { Skeleton, Stack } from "@mantine/core"

/** Placeholder of a page while its code loads. */
export function Pending() {
  return (
    <Stack gap="md" role="status" aria-busy aria-label="Loading">
      <Skeleton height={28} width={220} />
      <Skeleton height={110} />
      <Skeleton height={320} />
    </Stack>
  )
}
