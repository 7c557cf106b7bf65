import type { ButtonHTMLAttributes } from 'react'

interface ButtonProps extends Omit<ButtonHTMLAttributes<HTMLButtonElement>, 'disabled'> {
  /** There is nothing for it to do now. */
  readonly isOff?: boolean
}

/** A button that keeps the focus while there is nothing for it to do: one that is disabled would lose it. */
export function Button({ isOff = false, type = 'button', onClick, ...rest }: ButtonProps) {
  return (
    <button
      {...rest}
      type={type}
      aria-disabled={isOff || undefined}
      onClick={(event) => (isOff ? event.preventDefault() : onClick?.(event))}
    />
  )
}
