import { Badge, Card, Group, Skeleton, Stack, Text, Title } from "@mantine/core"
import { useQuery } from "@tanstack/react-query"
import { date } from "@tradertape/ui/format.ts"
import { ScrollText } from "lucide-react"
import { EmptyState } from "@/components/empty-state"
import { ErrorState } from "@/components/error-state"
import { PageHeader } from "@/components/page-header"
import { changelogQuery, type Release } from "@/lib/queries/system"

export function ChangelogPage() {
  const { data, error, isPending, refetch } = useQuery(changelogQuery)
  return (
    <>
      <PageHeader
        title="Changelog"
        note="What changed in TraderTape, newest first. Breaking changes of the API are marked."
      />
      {isPending && <Skeleton height={240} />}
      {error && <ErrorState error={error} what="The changelog" retry={refetch} />}
      {data?.length === 0 && (
        <EmptyState icon={<ScrollText size={32} />} title="Nothing released yet">
          Releases appear here with what they add, change and mend.
        </EmptyState>
      )}
      <Stack gap="md" maw={820}>
        {data?.map((release) => (
          <ReleaseCard key={release.version} release={release} />
        ))}
      </Stack>
    </>
  )
}

function ReleaseCard({ release }: { release: Release }) {
  return (
    <Card component="article">
      <Group gap="xs" mb="xs">
        <Title order={2}>{release.version}</Title>
        {release.breaking && <Badge color="red">Breaking</Badge>}
        <Text size="xs" c="dimmed">
          {date(release.date)}
        </Text>
      </Group>
      <Stack gap={6}>
        {release.changes.map((change) => (
          <Group key={change.text} gap="sm" wrap="nowrap" align="flex-start">
            <Badge color="gray" miw={74}>
              {change.kind}
            </Badge>
            <Text size="sm">{change.text}</Text>
          </Group>
        ))}
      </Stack>
    </Card>
  )
}
