import { useHidden } from "@tradertape/ui/discreet.ts"
import { useAreScaled } from "@tradertape/ui/scaled.ts"
import { type ComponentType, createElement } from "react"

/**
 * A page's module, whose component is rendered again when amounts are hidden or shown, or cease to be rupees. Rendered again rather than
 * mounted again: what somebody has typed stays. Everything below follows, since none of it is memoized by its props.
 */
export function withDiscreetMode<Module>(module: Module, name: keyof Module | undefined): Module {
  if (name === undefined) return module
  const Page = module[name] as ComponentType<object>
  function DiscreetPage(props: object) {
    useHidden()
    useAreScaled()
    return createElement(Page, props)
  }
  return { ...module, [name]: DiscreetPage }
}
