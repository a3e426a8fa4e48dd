import { Button, Group, Menu, Stack, Text } from "@mantine/core"
import { useMutation, useQuery } from "@tanstack/react-query"
import type { PreviewedStrategy } from "@tradertape/api/generated/types.gen.ts"
import { ChevronDown, MoveUpRight, Shapes } from "lucide-react"
import { useState } from "react"
import { NumberField } from "@/components/forms/price-input"
import type { Figure } from "@/components/forms/typed-number"
import { notifyFailure } from "@/lib/notify"
import { optionCalls, spreadsQuery } from "@/lib/queries/options"

const OUTLOOKS = [
  { id: "up", label: "Bullish" },
  { id: "down", label: "Bearish" },
  { id: "still", label: "Neutral" },
  { id: "moving", label: "Volatile" },
]
/** Default number of strikes between legs of one type. */
const WIDTH = 2

interface Props {
  underlying: string
  expiry: string
  onLegs: (preview: PreviewedStrategy) => void
}

/** Well-known strategies by market outlook; the server resolves their contracts around the money. */
export function Templates({ underlying, expiry, onLegs }: Props) {
  const { data: spreads } = useQuery(spreadsQuery)
  const [width, setWidth] = useState<Figure>(WIDTH)
  const resolving = useMutation({
    mutationFn: (spread: string) =>
      optionCalls.resolve({ underlying, spread, expiry, lots: 1, distance: null, width: width || WIDTH }),
    onSuccess: onLegs,
    onError: (error) => notifyFailure("The strategy could not be built", error),
  })
  return (
    <Menu position="bottom-end" width={420} withinPortal>
      <Menu.Target>
        <Button
          variant="default"
          leftSection={<Shapes size={14} />}
          rightSection={<ChevronDown size={14} />}
          loading={resolving.isPending}
        >
          Strategies
        </Button>
      </Menu.Target>
      <Menu.Dropdown mah={440} style={{ overflowY: "auto" }}>
        <Group px="sm" py={6} justify="space-between" wrap="nowrap">
          <Text size="xs" c="dimmed">
            Strikes between the legs
          </Text>
          <NumberField
            aria-label="Strikes between the legs"
            size="xs"
            w={72}
            decimals={0}
            value={width}
            onChange={setWidth}
          />
        </Group>
        {OUTLOOKS.map((outlook) => (
          <Stack key={outlook.id} gap={0}>
            <Menu.Label>
              {underlying} {outlook.label.toLowerCase()}
            </Menu.Label>
            <div style={{ display: "grid", gridTemplateColumns: "1fr 1fr" }}>
              {(spreads ?? [])
                .filter((spread) => spread.outlook === outlook.id)
                .map((spread) => (
                  <Menu.Item
                    key={spread.name}
                    leftSection={<MoveUpRight size={13} aria-hidden style={ARROWS[outlook.id]} />}
                    onClick={() => resolving.mutate(String(spread.name))}
                  >
                    {spread.title}
                  </Menu.Item>
                ))}
            </div>
          </Stack>
        ))}
      </Menu.Dropdown>
    </Menu>
  )
}

const ARROWS: Record<string, { transform: string }> = {
  up: { transform: "none" },
  down: { transform: "rotate(90deg)" },
  still: { transform: "rotate(45deg)" },
  moving: { transform: "rotate(-45deg)" },
}
