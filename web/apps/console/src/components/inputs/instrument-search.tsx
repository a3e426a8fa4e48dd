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
  /** Clears the field after a choice, to add several in a row. */
  clearsOnChoice?: boolean
  value?: string
  error?: string
  /** Exclude indices, which cannot be traded. */
  hides?: (instrument: Instrument) => boolean
  width?: number | string
  inputRef?: Ref<HTMLInputElement>
  /** Focused when the surrounding dialog opens. */
  hasInitialFocus?: boolean
  onChoose: (instrument: Instrument) => void
}

/** Describe an instrument briefly: "Infosys Limited", "NIFTY, 28 Nov 2026". */
export function instrumentNote(one: Instrument): string {
  const parts = [one.name || one.underlying]
  if (one.expiry) parts.push(date(one.expiry))
  return parts.filter(Boolean).join(", ")
}

/** Search for an instrument by any words of its name. */
export function InstrumentSearch(props: Props) {
  const {
    label,
    placeholder,
    clearsOnChoice = false,
    value,
    error,
    hides,
    width,
    inputRef,
    hasInitialFocus,
    onChoose,
  } = props
  const [typed, setTyped] = useState<string | null>(null)
  const shown = typed ?? value ?? ""
  const [words] = useDebouncedValue(typed ?? "", 120)
  const search = useQuery(instrumentSearchQuery(words.trim()))
  const combobox = useCombobox({ onDropdownClose: () => combobox.resetSelectedOption() })
  const found = (typed ? (search.data ?? []) : []).filter((one) => !hides?.(one))
  // Preselect the best match so that Enter takes it.
  // biome-ignore lint/correctness/useExhaustiveDependencies: reselect when the proposals change
  useEffect(() => {
    combobox.selectFirstOption()
  }, [search.data, typed])
  const choose = (id: string) => {
    const one = found.find(({ instrument }) => instrument === id)
    if (!one) return
    onChoose(one)
    setTyped(clearsOnChoice ? "" : null)
    if (!clearsOnChoice) combobox.closeDropdown()
  }
  return (
    <Combobox store={combobox} onOptionSubmit={choose} withinPortal width={360} position="bottom-start">
      <Combobox.Target>
        <TextInput
          ref={inputRef}
          size="xs"
          w={width}
          aria-label={label}
          data-autofocus={hasInitialFocus || undefined}
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
            if (!clearsOnChoice) setTyped(null)
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
          {found.length === 0 && <Combobox.Empty>No matches</Combobox.Empty>}
        </Combobox.Options>
      </Combobox.Dropdown>
    </Combobox>
  )
}
