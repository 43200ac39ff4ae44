"""Classes as programs use them: inheritance, super, properties, abstract methods."""
import math

import torch


class Shape:
    def __init__(self, name):
        self.name = name

    def area(self):
        raise NotImplementedError("area of %s" % self.name)

    def describe(self):
        return "{} of area {:.2f}".format(self.name, self.area())


class Circle(Shape):
    def __init__(self, radius):
        super().__init__("circle")
        self._radius = radius

    @property
    def radius(self):
        return self._radius

    @radius.setter
    def radius(self, value):
        if value < 0:
            raise ValueError("a radius is not negative")
        self._radius = value

    def area(self):
        return math.pi * self.radius ** 2


class Square(Shape):
    def __init__(self, side, name="square"):
        Shape.__init__(self, name)
        self.side = side

    def area(self):
        return self.side ** 2


class NamedSquare(Square):
    label = "named"

    def describe(self):
        return f"{self.label} {super().describe()}"


for shape in (Circle(1), Square(2), NamedSquare(3, name="tile"), Shape("blob")):
    try:
        print(shape.describe(), isinstance(shape, Square), type(shape).__name__)
    except NotImplementedError as e:
        print("NotImplementedError:", e)
c = Circle(2)
c.radius += 1
print(c.radius, round(c.area(), 3), c.__class__, issubclass(NamedSquare, Shape), c.__dict__)
try:
    c.radius = -1
except ValueError as e:
    print(e, c.radius)


class Layer(Shape):
    registry = []

    def __init__(self, n, *, name=None):
        super().__init__(name or f"layer{len(Layer.registry)}")
        self.weight = torch.ones(n, requires_grad=True)
        Layer.registry.append(self)

    def area(self):
        return self.weight.numel()


layers = [Layer(2), Layer(3, name="head"), Layer(1)]
print([layer.name for layer in Layer.registry], Layer.registry is layers[0].registry, layers[1].describe())
sum(layer.weight.pow(2).sum() * k for k, layer in enumerate(layers)).backward()
print([layer.weight.grad.tolist() for layer in layers])
Layer.describe = lambda self: f"<{self.name}>"
print(layers[2].describe(), Circle(1).describe())
del layers[0].weight
try:
    layers[0].area()
except AttributeError as e:
    print(e)
print(Shape.__name__, Layer.__doc__, Square.area(Square(5)), type(layers[0]) is Layer, type(Layer))
