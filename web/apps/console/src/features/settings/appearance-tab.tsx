import { Group, SegmentedControl, Stack, Switch, Text, useMantineColorScheme } from "@mantine/core"
import { Delta } from "@tradertape/ui/components/delta.tsx"
import { Section } from "@/components/page/section"
import { setPreferences, usePreferences } from "@/lib/preferences"

const SCHEMES = [
  { value: "auto", label: "System" },
  { value: "light", label: "Light" },
  { value: "dark", label: "Dark" },
]

const PALETTES = [
  { value: "standard", label: "Green and red" },
  { value: "colour-blind", label: "Blue and orange" },
]

/** Display preferences, stored in this browser only. */
export function AppearanceTab() {
  const { colorScheme, setColorScheme } = useMantineColorScheme()
  const { palette, discreet } = usePreferences()
  return (
    <Section title="Appearance" note="Stored in this browser.">
      <Stack gap="lg">
        <div>
          <Text size="sm" fw={550} mb={6}>
            Theme
          </Text>
          <SegmentedControl
            data={SCHEMES}
            value={colorScheme}
            onChange={(value) =>
              setColorScheme(value === "dark" ? "dark" : value === "light" ? "light" : "auto")
            }
            aria-label="Theme"
          />
        </div>
        <div>
          <Text size="sm" fw={550} mb={6}>
            Gain and loss colours
          </Text>
          <Group gap="md">
            <SegmentedControl
              data={PALETTES}
              value={palette}
              onChange={(value) =>
                setPreferences({ palette: value === "colour-blind" ? "colour-blind" : "standard" })
              }
              aria-label="Gain and loss colours"
            />
            <Delta value={12.4} />
            <Delta value={-7.2} />
          </Group>
        </div>
        <Switch
          size="xs"
          label="Discreet mode"
          description="Hides rupee amounts and quantities on every page (Shift H). Percentages and market prices stay; press an amount to look at it, or hold H."
          checked={discreet}
          onChange={(event) => setPreferences({ discreet: event.currentTarget.checked })}
        />
      </Stack>
    </Section>
  )
}
