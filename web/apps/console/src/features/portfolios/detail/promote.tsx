import { Alert, Button, Checkbox, Group, Radio, Stack, Text, TextInput } from "@mantine/core"
import { useMutation, useQueryClient } from "@tanstack/react-query"
import { useNavigate } from "@tanstack/react-router"
import { exact } from "@tradertape/ui/format.ts"
import { useState } from "react"
import { Dialog } from "@/components/dialog/dialog"
import { Failure } from "@/components/states/failure"
import { notifyDone } from "@/lib/notify"
import { modelCalls, type Portfolio, refreshModels } from "@/lib/queries/models"

interface Props {
  portfolio: Portfolio
  onClose: () => void
}

/** Deploys a live portfolio with the strategy and settings of one on paper; asks twice. */
export function Promote({ portfolio, onClose }: Props) {
  const client = useQueryClient()
  const navigate = useNavigate()
  const [name, setName] = useState(`${portfolio.name} (live)`)
  const [placedBy, setPlacedBy] = useState<Portfolio["placed_by"]>("server")
  const [isSure, setSure] = useState(false)
  const promoting = useMutation({
    mutationFn: () => modelCalls.promote(portfolio.id, name, placedBy),
    onSuccess: (made) => {
      void refreshModels(client)
      notifyDone(`${made.name} trades with real money`)
      onClose()
      void navigate({ to: "/portfolios/$id", params: { id: String(made.id) } })
    },
  })
  const capital = exact.money(portfolio.starting_capital, 0)
  return (
    <Dialog opened onClose={onClose} title={`Trade ${portfolio.name} live?`}>
      <Stack gap="sm">
        <Text size="sm">
          A new portfolio begins with up to {capital} of your account at {portfolio.broker}, with version{" "}
          {portfolio.strategy_version} of {portfolio.strategy_name} and the same settings.{" "}
          {portfolio.auto_place_signals
            ? "It buys without asking you, as this one does."
            : "Nothing is bought before you approve and place it."}{" "}
          This portfolio goes on, on paper.
        </Text>
        <TextInput
          label="Name"
          maxLength={120}
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
        />
        <Radio.Group
          label="Its orders are placed by"
          value={placedBy}
          onChange={(value) => setPlacedBy(value as Portfolio["placed_by"])}
        >
          <Stack gap={8} mt={6}>
            <Radio
              size="xs"
              value="server"
              label="This server"
              description={`With your session at ${portfolio.broker}, as GTTs that wait at the broker.`}
            />
            <Radio
              size="xs"
              value="agent"
              label="Your agent"
              description="On your own machine, with its keys and address. It asks you there, unless it executes by itself."
            />
          </Stack>
        </Radio.Group>
        {portfolio.live_warnings.map(({ code, text }) => (
          <Alert key={code} color="yellow" title="Set this first">
            {text}
          </Alert>
        ))}
        <Checkbox
          checked={isSure}
          onChange={(event) => setSure(event.currentTarget.checked)}
          label="I understand that its orders are real and can lose money"
        />
        <Failure error={promoting.error} title="It was not deployed" />
        <Group justify="flex-end" gap={8}>
          <Button variant="default" onClick={onClose} data-autofocus>
            Keep it on paper
          </Button>
          <Button
            color="red"
            disabled={!isSure}
            loading={promoting.isPending}
            onClick={() => promoting.mutate()}
          >
            Deploy with {capital} · LIVE
          </Button>
        </Group>
      </Stack>
    </Dialog>
  )
}
