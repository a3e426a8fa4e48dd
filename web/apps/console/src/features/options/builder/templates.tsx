import { Button, Group, Popover, Stack, Text } from "@mantine/core"
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
  const [isOpen, setOpen] = useState(false)
  const resolving = useMutation({
    mutationFn: (spread: string) =>
      optionCalls.resolve({ underlying, spread, expiry, lots: 1, distance: null, width: width || WIDTH }),
    onSuccess: onLegs,
    onError: (error) => notifyFailure("The strategy could not be built", error),
  })
  return (
    <Popover opened={isOpen} onChange={setOpen} position="bottom-end" width={420} withinPortal trapFocus>
      <Popover.Target>
        <Button
          variant="default"
          leftSection={<Shapes size={14} />}
          rightSection={<ChevronDown size={14} />}
          loading={resolving.isPending}
          onClick={() => setOpen((open) => !open)}
        >
          Strategies
        </Button>
      </Popover.Target>
      <Popover.Dropdown mah={440} maw="calc(100vw - 16px)" p={4} style={{ overflowY: "auto" }}>
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
            <Text size="xs" c="dimmed" px="sm" py={5}>
              {underlying} {outlook.label.toLowerCase()}
            </Text>
            <div style={{ display: "grid", gridTemplateColumns: "1fr 1fr" }}>
              {(spreads ?? [])
                .filter((spread) => spread.outlook === outlook.id)
                .map((spread) => (
                  <Button
                    key={spread.name}
                    variant="subtle"
                    color="gray"
                    c="var(--tt-text)"
                    fw={400}
                    justify="flex-start"
                    leftSection={<MoveUpRight size={13} aria-hidden style={ARROWS[outlook.id]} />}
                    onClick={() => {
                      setOpen(false)
                      resolving.mutate(String(spread.name))
                    }}
                  >
                    {spread.title}
                  </Button>
                ))}
            </div>
          </Stack>
        ))}
      </Popover.Dropdown>
    </Popover>
  )
}

const ARROWS: Record<string, { transform: string }> = {
  up: { transform: "none" },
  down: { transform: "rotate(90deg)" },
  still: { transform: "rotate(45deg)" },
  moving: { transform: "rotate(-45deg)" },
}
