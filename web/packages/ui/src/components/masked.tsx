import {
  createContext,
  type MouseEvent,
  type PointerEvent,
  type ReactNode,
  useContext,
  useRef,
  useState,
} from "react"
import { MASK, useHidden } from "../discreet.ts"
import { MISSING } from "../format.ts"
import classes from "./masked.module.css"

const Unmasked = createContext(false)

/** Shows the amounts inside in discreet mode too: for confirmations and order forms only (docs/decisions/0203). */
export function Exact({ children }: { children: ReactNode }) {
  return <Unmasked value={true}>{children}</Unmasked>
}

/** Whether amounts are hidden here. */
export function useMasked(): boolean {
  const isHidden = useHidden()
  return !useContext(Unmasked) && isHidden
}

/** From here on a press is a look at the amount rather than a click on what is around it. */
const LOOK_MS = 250

/** Show while pressed; a long press is not a click on the row or link around it. */
function usePress() {
  const [isPressed, setPressed] = useState(false)
  const since = useRef(0)
  const release = () => setPressed(false)
  return {
    isPressed,
    handlers: {
      onPointerDown: (event: PointerEvent<HTMLElement>) => {
        if (event.button !== 0) return
        event.currentTarget.setPointerCapture(event.pointerId)
        since.current = event.timeStamp
        setPressed(true)
      },
      onPointerUp: release,
      onPointerCancel: release,
      onLostPointerCapture: release,
      onContextMenu: (event: MouseEvent) => event.preventDefault(),
      onClickCapture: (event: MouseEvent) => {
        if (event.timeStamp - since.current < LOOK_MS) return
        event.preventDefault()
        event.stopPropagation()
      },
    },
  }
}

interface Props {
  /** The amount as it is written when it is shown. */
  text: string
  className?: string
  /** What stays readable beside a hidden amount, as its direction. */
  before?: ReactNode
}

/** An amount or a quantity: hidden in discreet mode, and shown while it is pressed. */
export function Masked({ text, className = "tt-num", before }: Props) {
  const isHidden = useMasked()
  const { isPressed, handlers } = usePress()
  if (!isHidden || text === MISSING) {
    return (
      <span className={className}>
        {before}
        {text}
      </span>
    )
  }
  return (
    <span className={`${className} ${classes.hidden}`} data-masked {...handlers}>
      {before}
      {isPressed ? (
        text
      ) : (
        <>
          <span aria-hidden>{MASK}</span>
          <span className="tt-hidden">hidden amount</span>
        </>
      )}
    </span>
  )
}
