import { Stack, Text } from "@mantine/core"
import { CopyField } from "@/components/copy/copy-field"
import type { BrokerRow } from "@/lib/queries/brokers"

/** Which of our addresses are entered at the broker: where its page leads back to, and where it reports orders. */
export function Addresses({ row }: { row: BrokerRow }) {
  const { login, postback_url: postback, title } = row
  return (
    <Stack gap="sm">
      {login.has_page && <Named title="Redirect URL of your app" value={login.redirect_uri} />}
      {postback && (
        <Named
          title={`Postback URL: ${title} reports orders there at once, if it can reach this server`}
          value={postback}
        />
      )}
    </Stack>
  )
}

function Named({ title, value }: { title: string; value: string }) {
  return (
    <div>
      <Text size="xs" c="dimmed" mb={4}>
        {title}
      </Text>
      <CopyField value={value} label={title} />
    </div>
  )
}
