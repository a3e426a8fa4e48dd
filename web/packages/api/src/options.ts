/** Short names for parts of the responses about options. */
import type { ChosenContract, OptionState, PreviewLeg } from "./generated/types.gen.ts"

export type OptionType = ChosenContract["option_type"]
export type OrderSide = PreviewLeg["transaction_type"]
export type OptionStatus = OptionState["option_status"]
