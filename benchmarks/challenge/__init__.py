"""The CityLearn Challenge of 2022: its homes, its battery, its marks, and our controller."""
