import { PasswordSection } from "./password-section"
import { SessionsSection } from "./sessions-section"
import { TotpSection } from "./totp-section"

export function SecurityTab() {
  return (
    <>
      <PasswordSection />
      <TotpSection />
      <SessionsSection />
    </>
  )
}
