import { Combobox, Loader, Text, TextInput, useCombobox } from "@mantine/core"
import { useDebouncedValue } from "@mantine/hooks"
import { useQuery } from "@tanstack/react-query"
import { date } from "@tradertape/ui/format.ts"
import { Search } from "lucide-react"
import { type Ref, useEffect, useState } from "react"
import { type Instrument, instrumentSearchQuery } from "@/lib/queries/live"

interface Props {
  label: string
  placeholder?: string
  /** Empties the field after a choice, for adding one after another. */
  keepsGoing?: boolean
  value?: string
  error?: string
  /** Left out of what is proposed: an index cannot be traded. */
  hides?: (instrument: Instrument) => boolean
  width?: number | string
  inputRef?: Ref<HTMLInputElement>
  /** Has the focus when the dialog around it opens. */
  isFirst?: boolean
  onChoose: (instrument: Instrument) => void
}

/** What an instrument is, in a few words: "Infosys Limited", "NIFTY, 28 Nov 2026". */
export function instrumentNote(one: Instrument): string {
  const parts = [one.name || one.underlying]
  if (one.expiry) parts.push(date(one.expiry))
  return parts.filter(Boolean).join(", ")
}

/** Type, arrow, Enter: an instrument by any words of its name. */
export function InstrumentSearch(props: Props) {
  const {
    label,
    placeholder,
    keepsGoing = false,
    value,
    error,
    hides,
    width,
    inputRef,
    isFirst,
    onChoose,
  } = props
  const [typed, setTyped] = useState<string | null>(null)
  const shown = typed ?? value ?? ""
  const [words] = useDebouncedValue(typed ?? "", 120)
  const search = useQuery(instrumentSearchQuery(words.trim()))
  const combobox = useCombobox({ onDropdownClose: () => combobox.resetSelectedOption() })
  const found = (typed ? (search.data ?? []) : []).filter((one) => !hides?.(one))
  // Enter takes the likeliest, without an arrow first.
  // biome-ignore lint/correctness/useExhaustiveDependencies: when other instruments are proposed
  useEffect(() => {
    combobox.selectFirstOption()
  }, [search.data, typed])
  const choose = (id: string) => {
    const one = found.find(({ instrument }) => instrument === id)
    if (!one) return
    onChoose(one)
    setTyped(keepsGoing ? "" : null)
    if (!keepsGoing) combobox.closeDropdown()
  }
  return (
    <Combobox store={combobox} onOptionSubmit={choose} withinPortal width={360} position="bottom-start">
      <Combobox.Target>
        <TextInput
          ref={inputRef}
          size="xs"
          w={width}
          aria-label={label}
          data-autofocus={isFirst || undefined}
          placeholder={placeholder ?? "INFY, NIFTY 24000 CE, BANK FUT…"}
          leftSection={<Search size={14} />}
          rightSection={search.isFetching ? <Loader size={12} /> : null}
          value={shown}
          error={error}
          autoComplete="off"
          onChange={(event) => {
            setTyped(event.currentTarget.value)
            combobox.openDropdown()
          }}
          onFocus={() => typed && combobox.openDropdown()}
          onBlur={() => {
            combobox.closeDropdown()
            if (!keepsGoing) setTyped(null)
          }}
        />
      </Combobox.Target>
      <Combobox.Dropdown hidden={!words.trim() || (found.length === 0 && search.isFetching)}>
        <Combobox.Options mah={320} style={{ overflowY: "auto" }} aria-label={label}>
          {found.map((one) => (
            <Combobox.Option key={one.instrument} value={one.instrument}>
              <Text size="sm" fw={550} component="span">
                {one.tradingsymbol}
              </Text>{" "}
              <Text size="xs" c="dimmed" component="span">
                {one.exchange} · {instrumentNote(one)}
              </Text>
            </Combobox.Option>
          ))}
          {found.length === 0 && <Combobox.Empty>Nothing of that name</Combobox.Empty>}
        </Combobox.Options>
      </Combobox.Dropdown>
    </Combobox>
  )
}
