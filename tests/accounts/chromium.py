"""A headless Chromium of its own, new each time."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from attrs import define
from selenium.common.exceptions import WebDriverException
from selenium.webdriver import Chrome, ChromeOptions
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.common.virtual_authenticator import VirtualAuthenticatorOptions
from selenium.webdriver.support.expected_conditions import (
    staleness_of,
    visibility_of_element_located,
)
from selenium.webdriver.support.wait import WebDriverWait

ARGUMENTS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
NO_SCRIPTS = {"profile.managed_default_content_settings.javascript": 2}


@define(eq=False)
class Person:
    """Somebody at a screen; what they see is kept as pictures."""

    driver: Chrome
    pictures: Path
    language: str

    def opens(self, url: str) -> None:
        self.driver.get(url)

    def types(self, **fields: str) -> None:
        for name, text in fields.items():
            field = self.driver.find_element(By.NAME, name)
            field.clear()
            field.send_keys(text)

    def presses_enter_in(self, name: str) -> None:
        with self._next_page():
            self.driver.find_element(By.NAME, name).send_keys(Keys.ENTER)

    def presses(self, value: str) -> None:
        """The button of a page's own form that means this."""
        with self._next_page():
            self.driver.find_element(By.CSS_SELECTOR, f"main button[value={value}]").click()

    def has_a_phone(self) -> None:
        """One that holds passkeys, and knows its owner by the finger."""
        options = VirtualAuthenticatorOptions(
            protocol="ctap2",
            transport="internal",
            has_resident_key=True,
            has_user_verification=True,
            is_user_verified=True,
        )
        self.driver.add_virtual_authenticator(options)

    def goes_on(self) -> None:
        """The one button of the page itself."""
        with self._next_page():
            self.driver.find_element(By.CSS_SELECTOR, "main form button").click()

    def goes_on_by_keyboard(self) -> None:
        with self._next_page():
            self.driver.find_element(By.CSS_SELECTOR, "main form button").send_keys(Keys.ENTER)

    def presses_in_vain(self) -> None:
        """The page stays, and says why."""
        self.driver.find_element(By.CSS_SELECTOR, "main form button").click()
        failed = (By.ID, "failed")
        WebDriverWait(self.driver, 20).until(visibility_of_element_located(failed))

    def presses_enter_on(self, value: str) -> None:
        """The button that means this, by the keyboard."""
        with self._next_page():
            button = self.driver.find_element(By.CSS_SELECTOR, f"main button[value={value}]")
            button.send_keys(Keys.ENTER)

    def presses_enter_on_link(self, part: str) -> None:
        """The link that leads to an address with this in it."""
        with self._next_page():
            self.driver.find_element(By.CSS_SELECTOR, f'main a[href*="{part}"]').send_keys(
                Keys.ENTER
            )

    def signs_out(self) -> None:
        with self._next_page():
            self.driver.find_element(By.CSS_SELECTOR, "header button").click()

    @contextmanager
    def _next_page(self) -> Iterator[None]:
        """The browser may go on before the answer is there."""
        old = self.driver.find_element(By.TAG_NAME, "html")
        yield
        # While pages change, chromedriver has other words, too, for what is no more.
        wait = WebDriverWait(self.driver, 20, ignored_exceptions=[WebDriverException])
        wait.until(staleness_of(old))

    def sees(self, name: str) -> str:
        """The text of the page; a picture is kept under this name."""
        self.driver.save_screenshot(str(self.pictures / f"{self.language}-{name}.png"))
        return self.driver.find_element(By.TAG_NAME, "body").text

    def texts(self, selector: str) -> list[str]:
        return [it.text for it in self.driver.find_elements(By.CSS_SELECTOR, selector)]

    @property
    def place(self) -> str:
        return str(self.driver.current_url)


@contextmanager
def somebody(
    folder: Path, language: str, width: int, *, scripts: bool = False, is_dark: bool = False
) -> Iterator[Person]:
    options = ChromeOptions()
    for argument in (*ARGUMENTS, f"--user-data-dir={folder / 'profile'}", f"--lang={language}"):
        options.add_argument(argument)
    preferences = {"intl.accept_languages": language} | ({} if scripts else NO_SCRIPTS)
    options.add_experimental_option("prefs", preferences)
    driver = Chrome(options=options, service=Service("/usr/bin/chromedriver"))
    try:
        driver.set_window_size(width, 900)
        scheme = {"name": "prefers-color-scheme", "value": "dark" if is_dark else "light"}
        driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [scheme]})
        yield Person(driver, folder, language)
    finally:
        driver.quit()
